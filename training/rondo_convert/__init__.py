"""Networks trained elsewhere (nnU-Net, MONAI bundles, TotalSegmentator) made into model folders that Rondo runs."""
