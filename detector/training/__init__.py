"""Training: recipes, data, made pictures, and the trainer underneath."""
