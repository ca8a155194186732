"""What is fetched from databases and web APIs and put into the landing zone."""
