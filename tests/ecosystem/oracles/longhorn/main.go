// Converts Longhorn's objects with its own code.
package main

import (
	"slices"
	"strings"

	"github.com/longhorn/longhorn-manager/k8s/pkg/apis/longhorn/v1beta1"
	"github.com/longhorn/longhorn-manager/k8s/pkg/apis/longhorn/v1beta2"
	"sigs.k8s.io/controller-runtime/pkg/conversion"
)

func main() {
	serve(Types{
		"longhorn.io/v1beta1 BackingImage": func() any { return &v1beta1.BackingImage{} },
		"longhorn.io/v1beta2 BackingImage": func() any { return &v1beta2.BackingImage{} },
		"longhorn.io/v1beta1 BackupTarget": func() any { return &v1beta1.BackupTarget{} },
		"longhorn.io/v1beta2 BackupTarget": func() any { return &v1beta2.BackupTarget{} },
		"longhorn.io/v1beta1 EngineImage":  func() any { return &v1beta1.EngineImage{} },
		"longhorn.io/v1beta2 EngineImage":  func() any { return &v1beta2.EngineImage{} },
		"longhorn.io/v1beta1 Node":         func() any { return &v1beta1.Node{} },
		"longhorn.io/v1beta2 Node":         func() any { return &v1beta2.Node{} },
		"longhorn.io/v1beta1 Volume":       func() any { return &v1beta1.Volume{} },
		"longhorn.io/v1beta2 Volume":       func() any { return &v1beta2.Volume{} },
	}, func(in, out any, _, _, _ string) error {
		if hub, ok := in.(conversion.Hub); ok {
			return out.(conversion.Convertible).ConvertFrom(hub)
		}
		if err := in.(conversion.Convertible).ConvertTo(out.(conversion.Hub)); err != nil {
			return err
		}
		for _, conditions := range conditionsOf(out) {
			slices.SortFunc(conditions, func(a, b v1beta2.Condition) int { return strings.Compare(a.Type, b.Type) })
		}
		return nil
	})
}

// conditionsOf finds the lists that the code makes of maps, in the order of Go's maps, which is another one each time.
func conditionsOf(out any) [][]v1beta2.Condition {
	switch made := out.(type) {
	case *v1beta2.BackupTarget:
		return [][]v1beta2.Condition{made.Status.Conditions}
	case *v1beta2.EngineImage:
		return [][]v1beta2.Condition{made.Status.Conditions}
	case *v1beta2.Volume:
		return [][]v1beta2.Condition{made.Status.Conditions}
	case *v1beta2.Node:
		found := [][]v1beta2.Condition{made.Status.Conditions}
		for _, disk := range made.Status.DiskStatus {
			found = append(found, disk.Conditions)
		}
		return found
	}
	return nil
}
