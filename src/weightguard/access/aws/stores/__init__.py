"""Who reaches an S3 store or a disk as things are, and what changes of the store or its key let somebody in."""
