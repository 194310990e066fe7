variable "bucket" { type = string }
variable "key" { type = string }
resource "aws_iam_role" "reader" {
  for_each = toset(["train"])
  name     = "reader-${each.key}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}
resource "aws_kms_grant" "reader" {
  for_each          = aws_iam_role.reader
  key_id            = var.key
  grantee_principal = each.value.arn
  operations        = ["Decrypt"]
}
