"""What a training is asked for: recipes, their sections and plans of several runs."""
