"""The demo shop: a database ``crm_workflow`` with a story, loaded by ``manage.py load_demo``.

`story` holds the numbers, `catalog` the names, `generate` draws carts with their whole fate,
`load` builds the database, and `simulate` brings it forward while the portal runs.
"""
