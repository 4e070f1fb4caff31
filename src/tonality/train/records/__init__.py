"""What a training leaves behind: the run folder, its history, its progress, its environment."""
