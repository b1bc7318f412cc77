"""CycleGANAS (An and Joo, CVPR Workshops 2024): differentiable search of CycleGAN's four networks at once."""
