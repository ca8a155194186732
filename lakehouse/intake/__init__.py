"""What a shop delivered: the landing zone, its files, and which of them a run takes in."""
