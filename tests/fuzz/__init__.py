"""Random texts against the readers: whatever stands in a file, a model comes of it or a finding, and soon."""
