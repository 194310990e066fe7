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
resource "google_service_account" "loader" {
  account_id = "loader"
  project    = "harbour"
}
resource "google_storage_bucket_iam_member" "loader" {
  bucket = google_storage_bucket.models.name
  role   = "roles/storage.objectViewer"
  member = "serviceAccount:${google_service_account.loader.email}"
}
resource "google_service_account_iam_member" "dana" {
  service_account_id = google_service_account.loader.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = "user:dana@example.com"
}
