// A CSI driver for one node whose volumes and snapshots are folders: main.go serves, controller.go keeps the folders, node.go
// mounts them into pods. It registers itself with the kubelet, as the node-driver-registrar does for others.
package main

import (
	"context"
	"flag"
	"log"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc"
	registration "k8s.io/kubelet/pkg/apis/pluginregistration/v1"
)

const driverName = "folders.csi.redisctl.test"

type driver struct {
	csi.UnimplementedIdentityServer
	csi.UnimplementedControllerServer
	csi.UnimplementedNodeServer
	store store
	node  string
}

func main() {
	folder := flag.String("folder", "", "where the volumes and snapshots are")
	endpoint := flag.String("endpoint", "", "the socket that the sidecars and the kubelet call")
	registry := flag.String("registry", "", "the kubelet's plugins_registry folder")
	node := flag.String("node", "", "the name of the node")
	flag.Parse()
	served, err := newStore(*folder)
	if err != nil {
		log.Fatal(err)
	}
	d := &driver{store: served, node: *node}
	plugin := grpc.NewServer(grpc.UnaryInterceptor(logged))
	csi.RegisterIdentityServer(plugin, d)
	csi.RegisterControllerServer(plugin, d)
	csi.RegisterNodeServer(plugin, d)
	go serve(plugin, *endpoint)
	registrar := grpc.NewServer(grpc.UnaryInterceptor(logged))
	registration.RegisterRegistrationServer(registrar, &kubeletRegistration{endpoint: *endpoint})
	go serve(registrar, filepath.Join(*registry, driverName+"-reg.sock"))
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM, syscall.SIGINT)
	<-ended
}

func serve(server *grpc.Server, socket string) {
	os.Remove(socket) // of one that was killed
	listener, err := net.Listen("unix", socket)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(server.Serve(listener))
}

func logged(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	answer, err := handler(ctx, request)
	log.Printf("%s {%v}: {%v} %v", info.FullMethod, request, answer, err)
	return answer, err
}

// What the kubelet asks who put a socket into its registry.
type kubeletRegistration struct {
	registration.UnimplementedRegistrationServer
	endpoint string
}

func (r *kubeletRegistration) GetInfo(context.Context, *registration.InfoRequest) (*registration.PluginInfo, error) {
	return &registration.PluginInfo{Type: registration.CSIPlugin, Name: driverName, Endpoint: r.endpoint, SupportedVersions: []string{"1.0.0"}}, nil
}

func (r *kubeletRegistration) NotifyRegistrationStatus(_ context.Context, status *registration.RegistrationStatus) (*registration.RegistrationStatusResponse, error) {
	if !status.PluginRegistered {
		log.Fatalf("the kubelet refuses us: %s", status.Error)
	}
	return &registration.RegistrationStatusResponse{}, nil
}

func (d *driver) GetPluginInfo(context.Context, *csi.GetPluginInfoRequest) (*csi.GetPluginInfoResponse, error) {
	return &csi.GetPluginInfoResponse{Name: driverName, VendorVersion: "1"}, nil
}

func (d *driver) GetPluginCapabilities(context.Context, *csi.GetPluginCapabilitiesRequest) (*csi.GetPluginCapabilitiesResponse, error) {
	service := &csi.PluginCapability_Service{Type: csi.PluginCapability_Service_CONTROLLER_SERVICE}
	return &csi.GetPluginCapabilitiesResponse{Capabilities: []*csi.PluginCapability{{Type: &csi.PluginCapability_Service_{Service: service}}}}, nil
}

func (d *driver) Probe(context.Context, *csi.ProbeRequest) (*csi.ProbeResponse, error) {
	return &csi.ProbeResponse{}, nil
}
