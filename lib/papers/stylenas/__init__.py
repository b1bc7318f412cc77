"""StyleNAS (An et al., arXiv 1906.02470): aging evolution searches photorealistic style-transfer networks."""
