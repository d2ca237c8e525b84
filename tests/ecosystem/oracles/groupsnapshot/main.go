// Converts VolumeGroupSnapshotContents with external-snapshotter's own code.
package main

import (
	"errors"
	_ "unsafe" // for the link to a function that is not exported

	_ "github.com/kubernetes-csi/external-snapshotter/v8/pkg/webhook"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

//go:linkname convertGroupSnapshotCRD github.com/kubernetes-csi/external-snapshotter/v8/pkg/webhook.convertGroupSnapshotCRD
func convertGroupSnapshotCRD(object *unstructured.Unstructured, version string) (*unstructured.Unstructured, metav1.Status)

func main() {
	content := func() any { return &unstructured.Unstructured{} }
	serve(Types{
		"groupsnapshot.storage.k8s.io/v1beta1 VolumeGroupSnapshotContent": content,
		"groupsnapshot.storage.k8s.io/v1beta2 VolumeGroupSnapshotContent": content,
	}, func(in, out any, _, _, to string) error {
		made, status := convertGroupSnapshotCRD(in.(*unstructured.Unstructured), to)
		if status.Status != metav1.StatusSuccess {
			return errors.New(status.Message)
		}
		made.SetAPIVersion(to)
		out.(*unstructured.Unstructured).Object = made.Object
		return nil
	})
}
