// Converts Kueue's objects with its own code.
package main

import (
	"sigs.k8s.io/controller-runtime/pkg/conversion"
	"sigs.k8s.io/kueue/apis/kueue/v1beta1"
	"sigs.k8s.io/kueue/apis/kueue/v1beta2"
)

func main() {
	serve(Types{
		"kueue.x-k8s.io/v1beta1 ClusterQueue":      func() any { return &v1beta1.ClusterQueue{} },
		"kueue.x-k8s.io/v1beta2 ClusterQueue":      func() any { return &v1beta2.ClusterQueue{} },
		"kueue.x-k8s.io/v1beta1 Cohort":            func() any { return &v1beta1.Cohort{} },
		"kueue.x-k8s.io/v1beta2 Cohort":            func() any { return &v1beta2.Cohort{} },
		"kueue.x-k8s.io/v1beta1 LocalQueue":        func() any { return &v1beta1.LocalQueue{} },
		"kueue.x-k8s.io/v1beta2 LocalQueue":        func() any { return &v1beta2.LocalQueue{} },
		"kueue.x-k8s.io/v1beta1 MultiKueueCluster": func() any { return &v1beta1.MultiKueueCluster{} },
		"kueue.x-k8s.io/v1beta2 MultiKueueCluster": func() any { return &v1beta2.MultiKueueCluster{} },
		"kueue.x-k8s.io/v1beta1 Workload":          func() any { return &v1beta1.Workload{} },
		"kueue.x-k8s.io/v1beta2 Workload":          func() any { return &v1beta2.Workload{} },
	}, func(in, out any, _, _, _ string) error {
		if hub, ok := in.(conversion.Hub); ok {
			return out.(conversion.Convertible).ConvertFrom(hub)
		}
		return in.(conversion.Convertible).ConvertTo(out.(conversion.Hub))
	})
}
