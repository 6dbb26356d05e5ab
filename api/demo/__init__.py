"""The demonstration city: real samples fetched once, or drawn scenes when there is no network."""
