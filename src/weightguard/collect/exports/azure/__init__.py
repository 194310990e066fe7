"""What people export of Azure with other tools: Resource Graph, Microsoft Graph, Resource Manager, AzureHound."""
