"""What scored tables say: shares by group and month, telling phrases, a chart."""
