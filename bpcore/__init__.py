"""bpcore: backpropagation as a small readable library, and the reference behind the course."""
