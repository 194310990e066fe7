terraform {
  required_providers {
    aws    = { source = "hashicorp/aws" }
    random = { source = "hashicorp/random" }
  }
}
provider "aws" {
  region = "eu-west-1"
}
data "aws_caller_identity" "me" {}

resource "aws_s3_bucket" "models" {
  bucket = "harbour-models"
}
resource "aws_s3_object" "model" {
  bucket  = aws_s3_bucket.models.id
  key     = "atlas/model.safetensors"
  content = "x"
}
resource "aws_kms_key" "models" {
  description         = "models"
  enable_key_rotation = true
}
resource "aws_s3_bucket_server_side_encryption_configuration" "models" {
  bucket = aws_s3_bucket.models.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.models.arn
    }
  }
}
resource "aws_iam_role" "serving" {
  name = "serving"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}
resource "aws_iam_user" "dana" {
  name = "dana"
  tags = { team = "release" }
}
resource "aws_iam_user_policy" "dana" {
  name = "reads"
  user = aws_iam_user.dana.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::harbour-models/*" },
      { Effect = "Allow", Action = "kms:Decrypt", Resource = "*" },
    ]
  })
}
resource "random_id" "late" {
  byte_length = 4
}
resource "aws_iam_role" "late" {
  name               = "late-${random_id.late.hex}"
  assume_role_policy = aws_iam_role.serving.assume_role_policy
}
resource "aws_iam_role_policy" "serving" {
  name = "late"
  role = aws_iam_role.serving.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Resource = aws_iam_role.late.arn }]
  })
}
resource "aws_iam_access_key" "dana" {
  user = aws_iam_user.dana.name
}
variable "password" {
  type      = string
  sensitive = true
  default   = "plan-canary-8841"
}
resource "aws_ssm_parameter" "password" {
  name        = "password"
  type        = "String"
  value       = var.password
  description = var.password
}
module "reader" {
  source = "./reader"
  bucket = aws_s3_bucket.models.id
  key    = aws_kms_key.models.arn
}
