// Converts StatefulSets with OpenKruise's own code.
package main

import (
	"github.com/openkruise/kruise/apis/apps/v1alpha1"
	"github.com/openkruise/kruise/apis/apps/v1beta1"
	"sigs.k8s.io/controller-runtime/pkg/conversion"
)

func main() {
	serve(Types{
		"apps.kruise.io/v1alpha1 StatefulSet": func() any { return &v1alpha1.StatefulSet{} },
		"apps.kruise.io/v1beta1 StatefulSet": func() any { return &v1beta1.StatefulSet{} },
	}, func(in, out any, _, _, _ string) error {
		if hub, ok := in.(conversion.Hub); ok {
			return out.(conversion.Convertible).ConvertFrom(hub)
		}
		return in.(conversion.Convertible).ConvertTo(out.(conversion.Hub))
	})
}
