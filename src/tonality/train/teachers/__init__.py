"""Teachers: models of any kind, what they say of texts, and what a student takes from it."""
