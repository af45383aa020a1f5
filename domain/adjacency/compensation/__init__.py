"""River-basin compensation (流域横向生态保护补偿): water classes, declared schemes, statements, netting."""
