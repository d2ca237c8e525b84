"""One Work for one cluster: which manifests are rewritten, into what, and the bookkeeping on the Work."""
