"""How fast bpcore is beside what its readers would otherwise reach for: `make bench`."""
