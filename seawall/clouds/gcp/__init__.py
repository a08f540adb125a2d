"""Google Cloud behind the contract; its client is imported only when somebody asks it."""
