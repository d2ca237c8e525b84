module gosource

go 1.22
