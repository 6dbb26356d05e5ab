"""Labelled pictures in the forms that labelling tools and trainers speak; pure: files in, values out, and back."""
