"""The CRM's pages: a manager's desk, and the settings of telephonies."""
