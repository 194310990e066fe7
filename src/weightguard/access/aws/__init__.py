"""The AWS part of the access graph: who may become whom in AWS, who reaches S3 stores and EBS disks, and what closes a way."""
