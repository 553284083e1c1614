"""What a grade says of its input: refused and accepted rows, unread columns, periods that are not over."""
