"""A store's menu as a workbook: written for managers to edit, read row by row, planned, applied whole."""
