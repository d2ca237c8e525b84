// Converts BGPPeers with MetalLB's own code.
package main

import (
	"go.universe.tf/metallb/api/v1beta1"
	"go.universe.tf/metallb/api/v1beta2"
	"sigs.k8s.io/controller-runtime/pkg/conversion"
)

func main() {
	serve(Types{
		"metallb.io/v1beta1 BGPPeer": func() any { return &v1beta1.BGPPeer{} },
		"metallb.io/v1beta2 BGPPeer": func() any { return &v1beta2.BGPPeer{} },
	}, func(in, out any, _, _, _ string) error {
		if hub, ok := in.(conversion.Hub); ok {
			return out.(conversion.Convertible).ConvertFrom(hub)
		}
		return in.(conversion.Convertible).ConvertTo(out.(conversion.Hub))
	})
}
