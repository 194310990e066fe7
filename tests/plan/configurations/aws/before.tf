terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
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
resource "aws_iam_role" "serving" {
  name = "serving"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}
resource "aws_iam_user" "dana" {
  name = "dana"
}
