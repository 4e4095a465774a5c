package main

import (
	"context"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// A VolumeSnapshotClass may say after how long its snapshots are ready to use: where they go to an object store that takes minutes.
const uploadTime = "uploadTime"

func (d *driver) ControllerGetCapabilities(context.Context, *csi.ControllerGetCapabilitiesRequest) (*csi.ControllerGetCapabilitiesResponse, error) {
	answer := &csi.ControllerGetCapabilitiesResponse{}
	for _, kind := range []csi.ControllerServiceCapability_RPC_Type{
		csi.ControllerServiceCapability_RPC_CREATE_DELETE_VOLUME, csi.ControllerServiceCapability_RPC_CREATE_DELETE_SNAPSHOT} {
		rpc := &csi.ControllerServiceCapability_RPC{Type: kind}
		answer.Capabilities = append(answer.Capabilities, &csi.ControllerServiceCapability{Type: &csi.ControllerServiceCapability_Rpc{Rpc: rpc}})
	}
	return answer, nil
}

func (d *driver) ValidateVolumeCapabilities(_ context.Context, request *csi.ValidateVolumeCapabilitiesRequest) (*csi.ValidateVolumeCapabilitiesResponse, error) {
	if _, err := d.store.about(volumes, request.VolumeId); err != nil {
		return nil, failure(err)
	}
	if err := onlyFolders(request.VolumeCapabilities); err != nil {
		return &csi.ValidateVolumeCapabilitiesResponse{Message: err.Error()}, nil
	}
	confirmed := &csi.ValidateVolumeCapabilitiesResponse_Confirmed{VolumeCapabilities: request.VolumeCapabilities}
	return &csi.ValidateVolumeCapabilitiesResponse{Confirmed: confirmed}, nil
}

func (d *driver) CreateVolume(_ context.Context, request *csi.CreateVolumeRequest) (*csi.CreateVolumeResponse, error) {
	if err := onlyFolders(request.VolumeCapabilities); err != nil {
		return nil, err
	}
	wanted := record{Bytes: request.CapacityRange.GetRequiredBytes()}
	if source := request.VolumeContentSource; source != nil {
		if source.GetSnapshot() == nil {
			return nil, status.Error(codes.InvalidArgument, "a volume is made empty or from a snapshot")
		}
		wanted.From = source.GetSnapshot().SnapshotId
		snapshot, err := d.store.about(snapshots, wanted.From)
		if err != nil {
			return nil, failure(err)
		}
		if wanted.Bytes < snapshot.Bytes {
			return nil, status.Errorf(codes.OutOfRange, "%d bytes are less than the %d of snapshot %s", wanted.Bytes, snapshot.Bytes, wanted.From)
		}
	}
	made, err := d.store.make(volumes, request.Name, wanted)
	if err != nil {
		return nil, failure(err)
	}
	volume := &csi.Volume{VolumeId: request.Name, CapacityBytes: made.Bytes, ContentSource: request.VolumeContentSource}
	return &csi.CreateVolumeResponse{Volume: volume}, nil
}

func (d *driver) DeleteVolume(_ context.Context, request *csi.DeleteVolumeRequest) (*csi.DeleteVolumeResponse, error) {
	return &csi.DeleteVolumeResponse{}, failure(d.store.remove(volumes, request.VolumeId))
}

func (d *driver) CreateSnapshot(_ context.Context, request *csi.CreateSnapshotRequest) (*csi.CreateSnapshotResponse, error) {
	upload := time.Duration(0)
	if said, ok := request.Parameters[uploadTime]; ok {
		var err error
		if upload, err = time.ParseDuration(said); err != nil {
			return nil, status.Errorf(codes.InvalidArgument, "%s: %v", uploadTime, err)
		}
	}
	source, err := d.store.about(volumes, request.SourceVolumeId)
	if err != nil {
		return nil, failure(err)
	}
	made, err := d.store.make(snapshots, request.Name, record{Bytes: source.Bytes, From: request.SourceVolumeId})
	if err != nil {
		return nil, failure(err)
	}
	return &csi.CreateSnapshotResponse{Snapshot: &csi.Snapshot{SnapshotId: request.Name, SourceVolumeId: made.From, SizeBytes: made.Bytes,
		CreationTime: timestamppb.New(made.Made), ReadyToUse: time.Since(made.Made) >= upload}}, nil
}

func (d *driver) DeleteSnapshot(_ context.Context, request *csi.DeleteSnapshotRequest) (*csi.DeleteSnapshotResponse, error) {
	return &csi.DeleteSnapshotResponse{}, failure(d.store.remove(snapshots, request.SnapshotId))
}

func onlyFolders(capabilities []*csi.VolumeCapability) error {
	for _, capability := range capabilities {
		if capability.GetBlock() != nil {
			return status.Error(codes.InvalidArgument, "these volumes are folders, not block devices")
		}
	}
	return nil
}
