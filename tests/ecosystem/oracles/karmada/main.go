// Converts bindings with Karmada's own code.
package main

import (
	"github.com/karmada-io/karmada/pkg/apis/work/v1alpha1"
	"github.com/karmada-io/karmada/pkg/apis/work/v1alpha2"
	"sigs.k8s.io/controller-runtime/pkg/conversion"
)

func main() {
	serve(Types{
		"work.karmada.io/v1alpha1 ResourceBinding":        func() any { return &v1alpha1.ResourceBinding{} },
		"work.karmada.io/v1alpha2 ResourceBinding":        func() any { return &v1alpha2.ResourceBinding{} },
		"work.karmada.io/v1alpha1 ClusterResourceBinding": func() any { return &v1alpha1.ClusterResourceBinding{} },
		"work.karmada.io/v1alpha2 ClusterResourceBinding": func() any { return &v1alpha2.ClusterResourceBinding{} },
	}, func(in, out any, _, _, _ string) error {
		if hub, ok := in.(conversion.Hub); ok {
			return out.(conversion.Convertible).ConvertFrom(hub)
		}
		return in.(conversion.Convertible).ConvertTo(out.(conversion.Hub))
	})
}
