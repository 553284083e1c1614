"""The store of one hand, which the log of events replaces; a family of acts leaves it when it is declared anew."""
