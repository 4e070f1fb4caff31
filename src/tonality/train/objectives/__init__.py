"""What a training minimises: losses, adversarial passes, the answers of teachers."""
