"""Where the README's figures come from: one command each, results kept as JSON."""
