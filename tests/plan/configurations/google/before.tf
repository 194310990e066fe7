terraform {
  required_providers {
    google = { source = "hashicorp/google" }
  }
}
provider "google" {
  project = "harbour"
  region  = "europe-west4"
}
resource "google_storage_bucket" "models" {
  name                        = "harbour-models"
  location                    = "EUROPE-WEST4"
  project                     = "harbour"
  uniform_bucket_level_access = true
  public_access_prevention    = "inherited"
}
resource "google_storage_bucket_object" "model" {
  bucket  = google_storage_bucket.models.name
  name    = "atlas/model.safetensors"
  content = "x"
}
