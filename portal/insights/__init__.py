"""What was sold, what is owed, how late it comes, what it will bring: figures as of any day, each with its rows."""
