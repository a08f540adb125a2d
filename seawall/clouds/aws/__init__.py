"""An account at Amazon Web Services, behind the contract of all clouds."""
