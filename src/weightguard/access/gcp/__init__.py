"""Google Cloud's part of the access graph: who becomes whom there, and who gets at which bucket."""
