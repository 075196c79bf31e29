"""What is claimed: the model language, from text to a frozen model and back."""
