"""What judges rows and deliveries: checks, metrics, what is unusual, and what a person waived."""
