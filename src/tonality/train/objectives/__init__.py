"""What a training minimises: losses and adversarial passes."""
