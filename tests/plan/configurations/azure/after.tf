terraform {
  required_providers {
    azurerm = { source = "hashicorp/azurerm" }
  }
}
provider "azurerm" {
  features {}
  subscription_id = "5f0a7c1e-0000-4000-8000-000000000005"
}
data "azurerm_subscription" "current" {}
resource "azurerm_resource_group" "models" {
  name     = "models"
  location = "westeurope"
}
resource "azurerm_storage_account" "harbour" {
  name                     = "harbourmodels"
  resource_group_name      = azurerm_resource_group.models.name
  location                 = azurerm_resource_group.models.location
  account_tier             = "Standard"
  account_replication_type = "ZRS"
}
resource "azurerm_storage_container" "models" {
  name               = "models"
  storage_account_id = azurerm_storage_account.harbour.id
}
resource "azurerm_storage_blob" "model" {
  name                   = "atlas/model.safetensors"
  storage_account_name   = azurerm_storage_account.harbour.name
  storage_container_name = azurerm_storage_container.models.name
  type                   = "Block"
}
resource "azurerm_user_assigned_identity" "loader" {
  name                = "loader"
  resource_group_name = azurerm_resource_group.models.name
  location            = azurerm_resource_group.models.location
}
resource "azurerm_role_assignment" "loader" {
  scope                = azurerm_storage_container.models.resource_manager_id
  role_definition_name = "Storage Blob Data Reader"
  principal_id         = azurerm_user_assigned_identity.loader.principal_id
}
