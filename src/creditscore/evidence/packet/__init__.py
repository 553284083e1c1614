"""The packet of a case: everything about one grade in one folder, computed again and checked line by line offline."""
