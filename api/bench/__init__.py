"""Measuring: cameras that cost little to serve, the floor that nobody can go below, and the patrol beside it."""
