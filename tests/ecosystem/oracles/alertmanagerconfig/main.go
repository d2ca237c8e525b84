// Converts AlertmanagerConfigs with the Prometheus Operator's own code.
package main

import (
	"github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1alpha1"
	"github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1beta1"
	"sigs.k8s.io/controller-runtime/pkg/conversion"
)

func main() {
	serve(Types{
		"monitoring.coreos.com/v1alpha1 AlertmanagerConfig": func() any { return &v1alpha1.AlertmanagerConfig{} },
		"monitoring.coreos.com/v1beta1 AlertmanagerConfig":  func() any { return &v1beta1.AlertmanagerConfig{} },
	}, func(in, out any, _, _, _ string) error {
		if hub, ok := in.(conversion.Hub); ok {
			return out.(conversion.Convertible).ConvertFrom(hub)
		}
		return in.(conversion.Convertible).ConvertTo(out.(conversion.Hub))
	})
}
