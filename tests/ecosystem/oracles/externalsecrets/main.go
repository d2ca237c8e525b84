// Converts ExternalSecrets and their stores with the External Secrets Operator's own code.
package main

import (
	"github.com/external-secrets/external-secrets/apis/externalsecrets/v1alpha1"
	"github.com/external-secrets/external-secrets/apis/externalsecrets/v1beta1"
	"sigs.k8s.io/controller-runtime/pkg/conversion"
)

func main() {
	serve(Types{
		"external-secrets.io/v1alpha1 ExternalSecret": func() any { return &v1alpha1.ExternalSecret{} },
		"external-secrets.io/v1beta1 ExternalSecret": func() any { return &v1beta1.ExternalSecret{} },
		"external-secrets.io/v1alpha1 SecretStore": func() any { return &v1alpha1.SecretStore{} },
		"external-secrets.io/v1beta1 SecretStore": func() any { return &v1beta1.SecretStore{} },
		"external-secrets.io/v1alpha1 ClusterSecretStore": func() any { return &v1alpha1.ClusterSecretStore{} },
		"external-secrets.io/v1beta1 ClusterSecretStore": func() any { return &v1beta1.ClusterSecretStore{} },
	}, func(in, out any, _, _, _ string) error {
		if hub, ok := in.(conversion.Hub); ok {
			return out.(conversion.Convertible).ConvertFrom(hub)
		}
		return in.(conversion.Convertible).ConvertTo(out.(conversion.Hub))
	})
}
