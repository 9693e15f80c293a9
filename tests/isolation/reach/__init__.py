"""What policies alone let through, table by table: tried by every role and kind of person, and written down for reviewers."""
