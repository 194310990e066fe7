"""A Terraform plan judged before it is applied: the estate before it, the estate after it, and the difference."""
